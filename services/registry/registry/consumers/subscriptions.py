"""The whole inbound surface of registry."""

from registry.consumers.on_trade_ledger import keep_entrusted_goods, keep_recognition_tasks
from shared.events.trade_ledger import TradeEvent
from shared.messaging.subscriptions import Subscriptions

subscriptions = Subscriptions("registry")
subscriptions.project(TradeEvent, keep_recognition_tasks)
subscriptions.project(TradeEvent, keep_entrusted_goods)
