from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [
        ('trading', '0015_a_commission_stands_with_its_execution'),
    ]

    operations = [
        migrations.AlterField(
            model_name='killswitch',
            name='engaged_at',
            field=models.DateTimeField(db_default=Now(), editable=False),
        ),
    ]
