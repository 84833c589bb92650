from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from hummingbot_api import decode, encode


@define(kw_only=True)
class SwapExecuteRequest:
    #: e.g. jupiter, 0x
    connector: str
    #: e.g. solana-mainnet-beta
    network: str
    #: e.g. SOL-USDC
    trading_pair: str
    side: str
    #: In base token
    amount: Decimal
    #: 1 = 1%
    slippage_pct: Decimal | None = None
    wallet_address: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector": self.connector,
                "network": self.network,
                "trading_pair": self.trading_pair,
                "side": self.side,
                "amount": encode.plain(self.amount),
                "slippage_pct": None if self.slippage_pct is None else encode.plain(self.slippage_pct),
                "wallet_address": self.wallet_address,
            }
        )


@define(kw_only=True)
class SwapExecuteResponse:
    transaction_hash: str
    trading_pair: str
    side: str
    amount: str
    status: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> SwapExecuteResponse:
        fields = decode.Fields(data)
        return cls(
            transaction_hash=fields.required("transaction_hash", decode.text),
            trading_pair=fields.required("trading_pair", decode.text),
            side=fields.required("side", decode.text),
            amount=fields.required("amount", decode.text),
            status=fields.optional("status", decode.text),
        )


@define(kw_only=True)
class SwapQuoteRequest:
    #: e.g. jupiter, 0x
    connector: str
    #: e.g. solana-mainnet-beta
    network: str
    trading_pair: str
    side: str
    #: In base token
    amount: Decimal
    slippage_pct: Decimal | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector": self.connector,
                "network": self.network,
                "trading_pair": self.trading_pair,
                "side": self.side,
                "amount": encode.plain(self.amount),
                "slippage_pct": None if self.slippage_pct is None else encode.plain(self.slippage_pct),
            }
        )


@define(kw_only=True)
class SwapQuoteResponse:
    base: str
    quote: str
    price: str
    amount: str
    slippage_pct: str
    amount_in: str | None = None
    amount_out: str | None = None
    expected_amount: str | None = None
    gas_estimate: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> SwapQuoteResponse:
        fields = decode.Fields(data)
        return cls(
            base=fields.required("base", decode.text),
            quote=fields.required("quote", decode.text),
            price=fields.required("price", decode.text),
            amount=fields.required("amount", decode.text),
            slippage_pct=fields.required("slippage_pct", decode.text),
            amount_in=fields.optional("amount_in", decode.text),
            amount_out=fields.optional("amount_out", decode.text),
            expected_amount=fields.optional("expected_amount", decode.text),
            gas_estimate=fields.optional("gas_estimate", decode.text),
        )
