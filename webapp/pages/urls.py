"""Every address of a page. tests/webapp/test_outsider.py walks them all."""

from __future__ import annotations

from django.urls import path

from webapp.pages.views import (
    accounts,
    alerts,
    audit,
    changes,
    display,
    exports,
    home,
    instruments,
    live_trading,
    option_chains,
    order_pages,
    orders,
    protection,
    sharing,
    tickets,
    tokens,
    trade,
    watchlists,
)

app_name = "pages"

ACCOUNT = "accounts/<uuid:account_id>"
INSTRUMENT = f"{ACCOUNT}/instruments/<int:con_id>"
WATCHLIST = "watchlists/<uuid:watchlist_id>"

urlpatterns = [
    path("", home.home, name="home"),
    path("accounts/", accounts.index, name="accounts"),
    path("accounts/connect/", accounts.connect, name="connect"),
    path(f"{ACCOUNT}/", accounts.session, name="session"),
    path(f"{ACCOUNT}/password/", accounts.password, name="password"),
    path(f"{ACCOUNT}/restart/", accounts.restart, name="restart"),
    path(f"{ACCOUNT}/log/", accounts.log, name="log"),
    path(f"{ACCOUNT}/audit/", audit.index, name="audit"),
    path(f"{ACCOUNT}/start/", accounts.start, name="start"),
    path(f"{ACCOUNT}/again/", accounts.again, name="again"),
    path(f"{ACCOUNT}/stop/", accounts.stop, name="stop"),
    path(f"{ACCOUNT}/live-trading/", live_trading.turn_on, name="live_trading"),
    path(f"{ACCOUNT}/live-trading/off/", live_trading.turn_off, name="live_trading_off"),
    path(f"{ACCOUNT}/protection/", protection.protection, name="protection"),
    path(f"{ACCOUNT}/protection/engage/", protection.engage, name="engage"),
    path(f"{ACCOUNT}/protection/release/", protection.release, name="release"),
    path(f"{ACCOUNT}/sharing/", sharing.sharing, name="sharing"),
    path(f"{ACCOUNT}/sharing/<uuid:share_id>/role/", sharing.change_role, name="share_role"),
    path(f"{ACCOUNT}/sharing/<uuid:share_id>/end/", sharing.end, name="share_end"),
    path(f"{ACCOUNT}/leave/", sharing.leave, name="leave"),
    path("invitations/<uuid:invitation_id>/accept/", sharing.accept, name="invitation_accept"),
    path("invitations/<uuid:invitation_id>/decline/", sharing.decline, name="invitation_decline"),
    path(f"{ACCOUNT}/trade/", trade.screen, name="trade"),
    path(f"{ACCOUNT}/values/", trade.values, name="values"),
    path(f"{ACCOUNT}/search/", trade.search, name="search"),
    path(f"{ACCOUNT}/ticket/", tickets.ticket, name="ticket"),
    path(f"{ACCOUNT}/ticket/preview/", tickets.preview, name="preview"),
    path(f"{ACCOUNT}/ticket/review/", tickets.review, name="review"),
    path(f"{ACCOUNT}/orders/", tickets.place, name="place"),
    path(f"{ACCOUNT}/orders/cancel-all/", orders.cancel_all, name="cancel_all"),
    path(f"{ACCOUNT}/orders/<uuid:client_order_id>/placed/", tickets.placed, name="placed"),
    path(f"{ACCOUNT}/orders/<uuid:client_order_id>/cancel/", orders.cancel, name="cancel"),
    path(f"{ACCOUNT}/orders/<uuid:client_order_id>/modify/", changes.modify, name="modify"),
    path(f"{ACCOUNT}/orders/<uuid:client_order_id>/modify/review/", changes.review, name="modify_review"),
    path(f"{ACCOUNT}/orders/<str:order_key>/", order_pages.order, name="order"),
    path(f"{INSTRUMENT}/", instruments.page, name="instrument"),
    path(f"{INSTRUMENT}/bars/", instruments.bars, name="bars"),
    path(f"{INSTRUMENT}/options/", option_chains.page, name="options"),
    path(f"{INSTRUMENT}/options/chain/", option_chains.chain, name="option_chain"),
    path(f"{INSTRUMENT}/hours/", instruments.trading_hours, name="trading_hours"),
    path(f"{ACCOUNT}/fills.csv", exports.fills_csv, name="fills_csv"),
    path("alerts/", alerts.index, name="alerts"),
    path("alerts/unseen/", alerts.unseen, name="alerts_unseen"),
    path("tokens/", tokens.index, name="tokens"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke, name="token_revoke"),
    path("watchlists/", watchlists.create, name="watchlists"),
    path(f"{WATCHLIST}/items/", watchlists.add, name="watchlist_add"),
    path(f"{WATCHLIST}/items/<int:con_id>/remove/", watchlists.remove, name="watchlist_remove"),
    path(f"{WATCHLIST}/items/<int:con_id>/move/", watchlists.move, name="watchlist_move"),
    path(f"{WATCHLIST}/rename/", watchlists.rename, name="watchlist_rename"),
    path(f"{WATCHLIST}/move/", watchlists.move_list, name="watchlist_move_list"),
    path(f"{WATCHLIST}/delete/", watchlists.delete, name="watchlist_delete"),
    path("display/", display.settings, name="display"),
]
