from decimal import Decimal

from django.db import migrations, models

# What a contract alone says is as fine as a row can hold, so that nothing is refused on a guess.
FINEST = Decimal("0.00000001")


def note_the_undescribed(apps, _schema_editor):
    undescribed = {"long_name": "", "price_increment": FINEST, "size_increment": FINEST, "min_size": FINEST}
    apps.get_model("trading", "Instrument").objects.filter(**undescribed).update(is_described=False)


class Migration(migrations.Migration):

    dependencies = [
        ('trading', '0004_limits_and_kill_switch'),
    ]

    operations = [
        migrations.AddField(
            model_name='instrument',
            name='is_described',
            field=models.BooleanField(default=True, help_text='False while the row holds what a contract alone says.'),
        ),
        migrations.RunPython(note_the_undescribed, migrations.RunPython.noop),
    ]
