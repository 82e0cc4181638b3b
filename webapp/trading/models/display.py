"""How a user wants the trading screen to look."""

from __future__ import annotations

from django.db import models

from webapp.accounts.models import User


class Palette(models.TextChoices):
    """The colours of a price that rises and of one that falls, in this order."""

    BLUE_ORANGE = "blue_orange"
    GREEN_RED = "green_red"
    RED_GREEN = "red_green"


class DisplaySettings(models.Model):
    """Without a row, the defaults hold. An empty list of columns stands for the default ones, whatever they will be."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="display_settings")
    columns = models.JSONField(default=list, blank=True, help_text="Of the watchlist, in their order.")
    palette = models.CharField(max_length=20, choices=Palette.choices, default=Palette.BLUE_ORANGE)
    flashes = models.BooleanField(default=True, help_text="Whether a price that changes lights up.")
    single_keys = models.BooleanField(default=True, help_text="Whether single keys, such as / and b, do something.")

    def __str__(self) -> str:
        return f"{self.user_id}: {self.palette}"
