"""The whole inbound surface of registry."""

from registry.consumers.on_trade_ledger import keep_recognition_tasks
from shared.events.trade_ledger import TradeCorrected, TradeRegistered, TradeVoided
from shared.messaging.subscriptions import Subscriptions

subscriptions = Subscriptions("registry")
for _event in (TradeRegistered, TradeCorrected, TradeVoided):
    subscriptions.project(_event, keep_recognition_tasks)
