from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_a_gateway_that_lost_the_broker")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": [("suspend_user", "Can suspend users and let them in again")],
                "verbose_name": "user",
                "verbose_name_plural": "users",
            },
        ),
    ]
