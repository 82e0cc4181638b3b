from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('trading', '0016_a_kill_switch_by_the_databases_clock'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['account', '-created_at', '-id'], name='orders_newest_first'),
        ),
    ]
