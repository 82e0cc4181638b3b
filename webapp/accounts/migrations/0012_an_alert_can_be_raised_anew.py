from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_suspending_has_a_permission")]

    operations = [
        migrations.RemoveConstraint(model_name="alert", name="one_alert_per_subject"),
        migrations.AlterField(
            model_name="alert",
            name="ended_at",
            field=models.DateTimeField(help_text="That an order was rejected stays None.", null=True),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("account", "kind", "subject"),
                name="one_alert_stands_per_subject",
            ),
        ),
    ]
