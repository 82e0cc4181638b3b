from datetime import timedelta

from django.db import migrations, models
from django.utils import timezone


def read_alone():
    """What every token could do before there were scopes."""
    return ["read"]


def in_ninety_days():
    """A token from before ends, as every other does; its owner has time to make a new one."""
    return timezone.now() + timedelta(days=90)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_live_trading"),
    ]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="scopes",
            field=models.JSONField(default=read_alone, help_text="What it may do: read, trade."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="apitoken",
            name="expires_at",
            field=models.DateTimeField(default=in_ninety_days),
            preserve_default=False,
        ),
    ]
