from django.db import migrations, models

import webapp.trading.models.amounts

TO_EXECUTIONS = """
    UPDATE trading_execution AS execution
    SET commission = report.commission, commission_currency = report.currency, realized_pnl = report.realized_pnl
    FROM trading_commission AS report
    WHERE report.account_id = execution.account_id AND report.exec_id = execution.exec_id
"""
NO_LONGER_APART = """
    DELETE FROM trading_commission AS report
    USING trading_execution AS execution
    WHERE report.account_id = execution.account_id AND report.exec_id = execution.exec_id
"""
APART_AGAIN = """
    INSERT INTO trading_commission (account_id, exec_id, commission, currency, realized_pnl)
    SELECT account_id, exec_id, commission, commission_currency, realized_pnl
    FROM trading_execution WHERE commission IS NOT NULL
"""


def amount(**options):
    return webapp.trading.models.amounts.AmountField(null=True, blank=True, decimal_places=10, max_digits=28, **options)


class Migration(migrations.Migration):
    dependencies = [("trading", "0014_whose_cancel_ended_an_order")]

    operations = [
        migrations.AddField(
            "execution",
            "commission",
            amount(help_text="Positive is a cost. None until IB has reported it."),
        ),
        migrations.AddField("execution", "commission_currency", models.CharField(max_length=10, null=True, blank=True)),
        migrations.AddField("execution", "realized_pnl", amount()),
        migrations.RunSQL([TO_EXECUTIONS, NO_LONGER_APART], APART_AGAIN),
        migrations.AddConstraint(
            "execution",
            models.CheckConstraint(
                condition=models.Q(commission__isnull=False, commission_currency__isnull=False)
                | models.Q(commission__isnull=True, commission_currency__isnull=True, realized_pnl__isnull=True),
                name="a_commission_is_reported_whole",
            ),
        ),
        migrations.RenameModel("Commission", "EarlyCommission"),
        migrations.RenameField("earlycommission", "currency", "commission_currency"),
        migrations.AlterField(
            "earlycommission",
            "commission",
            webapp.trading.models.amounts.AmountField(decimal_places=10, max_digits=28),
        ),
    ]
