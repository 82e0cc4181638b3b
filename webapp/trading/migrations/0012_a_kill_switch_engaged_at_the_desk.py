from django.db import migrations, models
from django.db.models import F


def mark(apps, schema_editor):
    """Of those that are engaged now: by staff, on an account that isn't theirs."""
    switches = apps.get_model("trading", "KillSwitch").objects.filter(engaged_by__is_staff=True)
    switches.exclude(account__user=F("engaged_by")).update(by_administrator=True)


class Migration(migrations.Migration):
    dependencies = [("trading", "0011_corrections_are_found_at_once")]

    operations = [
        migrations.AddField(
            model_name="killswitch",
            name="by_administrator",
            field=models.BooleanField(default=False, help_text="Engaged at the desk: its users read no name."),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop, elidable=True),
    ]
