from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from hummingbot_api import decode, encode


@define(kw_only=True)
class CLMMAddLiquidityRequest:
    connector: str
    #: e.g. solana-mainnet-beta
    network: str
    position_address: str
    base_token_amount: Decimal | None = None
    quote_token_amount: Decimal | None = None
    #: 1 = 1%
    slippage_pct: Decimal | None = None
    wallet_address: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector": self.connector,
                "network": self.network,
                "position_address": self.position_address,
                "base_token_amount": None if self.base_token_amount is None else encode.plain(self.base_token_amount),
                "quote_token_amount": None
                if self.quote_token_amount is None
                else encode.plain(self.quote_token_amount),
                "slippage_pct": None if self.slippage_pct is None else encode.plain(self.slippage_pct),
                "wallet_address": self.wallet_address,
            }
        )


@define(kw_only=True)
class CLMMClosePositionRequest:
    connector: str
    #: e.g. solana-mainnet-beta
    network: str
    position_address: str
    wallet_address: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector": self.connector,
                "network": self.network,
                "position_address": self.position_address,
                "wallet_address": self.wallet_address,
            }
        )


@define(kw_only=True)
class CLMMCollectFeesRequest:
    connector: str
    #: e.g. solana-mainnet-beta
    network: str
    position_address: str
    wallet_address: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector": self.connector,
                "network": self.network,
                "position_address": self.position_address,
                "wallet_address": self.wallet_address,
            }
        )


@define(kw_only=True)
class CLMMCollectFeesResponse:
    transaction_hash: str
    position_address: str
    base_fee_collected: str | None = None
    quote_fee_collected: str | None = None
    status: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CLMMCollectFeesResponse:
        fields = decode.Fields(data)
        return cls(
            transaction_hash=fields.required("transaction_hash", decode.text),
            position_address=fields.required("position_address", decode.text),
            base_fee_collected=fields.optional("base_fee_collected", decode.text),
            quote_fee_collected=fields.optional("quote_fee_collected", decode.text),
            status=fields.optional("status", decode.text),
        )


@define(kw_only=True)
class CLMMOpenPositionRequest:
    #: e.g. meteora, raydium
    connector: str
    #: e.g. solana-mainnet-beta
    network: str
    pool_address: str
    #: Quote per base
    lower_price: Decimal
    upper_price: Decimal
    base_token_amount: Decimal | None = None
    quote_token_amount: Decimal | None = None
    #: 1 = 1%
    slippage_pct: Decimal | None = None
    wallet_address: str | None = None
    #: e.g. meteora {"strategyType": 0}
    extra_params: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector": self.connector,
                "network": self.network,
                "pool_address": self.pool_address,
                "lower_price": encode.plain(self.lower_price),
                "upper_price": encode.plain(self.upper_price),
                "base_token_amount": None if self.base_token_amount is None else encode.plain(self.base_token_amount),
                "quote_token_amount": None
                if self.quote_token_amount is None
                else encode.plain(self.quote_token_amount),
                "slippage_pct": None if self.slippage_pct is None else encode.plain(self.slippage_pct),
                "wallet_address": self.wallet_address,
                "extra_params": self.extra_params,
            }
        )


@define(kw_only=True)
class CLMMOpenPositionResponse:
    transaction_hash: str
    position_address: str
    trading_pair: str
    pool_address: str
    lower_price: str
    upper_price: str
    status: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CLMMOpenPositionResponse:
        fields = decode.Fields(data)
        return cls(
            transaction_hash=fields.required("transaction_hash", decode.text),
            position_address=fields.required("position_address", decode.text),
            trading_pair=fields.required("trading_pair", decode.text),
            pool_address=fields.required("pool_address", decode.text),
            lower_price=fields.required("lower_price", decode.text),
            upper_price=fields.required("upper_price", decode.text),
            status=fields.optional("status", decode.text),
        )


@define(kw_only=True)
class CLMMPoolBin:
    bin_id: int
    price: str
    base_token_amount: str
    quote_token_amount: str

    @classmethod
    def from_dict(cls, data: Any) -> CLMMPoolBin:
        fields = decode.Fields(data)
        return cls(
            bin_id=fields.required("binId", decode.integer),
            price=fields.required("price", decode.text),
            base_token_amount=fields.required("baseTokenAmount", decode.text),
            quote_token_amount=fields.required("quoteTokenAmount", decode.text),
        )


@define(kw_only=True)
class CLMMPoolInfoResponse:
    address: str
    base_token_address: str
    quote_token_address: str
    fee_pct: str
    price: str
    base_token_amount: str
    quote_token_amount: str
    bin_step: int | None = None
    active_bin_id: int | None = None
    dynamic_fee_pct: str | None = None
    min_bin_id: int | None = None
    max_bin_id: int | None = None
    bins: list[CLMMPoolBin] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CLMMPoolInfoResponse:
        fields = decode.Fields(data)
        return cls(
            address=fields.required("address", decode.text),
            base_token_address=fields.required("baseTokenAddress", decode.text),
            quote_token_address=fields.required("quoteTokenAddress", decode.text),
            fee_pct=fields.required("feePct", decode.text),
            price=fields.required("price", decode.text),
            base_token_amount=fields.required("baseTokenAmount", decode.text),
            quote_token_amount=fields.required("quoteTokenAmount", decode.text),
            bin_step=fields.optional("binStep", decode.integer),
            active_bin_id=fields.optional("activeBinId", decode.integer),
            dynamic_fee_pct=fields.optional("dynamicFeePct", decode.text),
            min_bin_id=fields.optional("minBinId", decode.integer),
            max_bin_id=fields.optional("maxBinId", decode.integer),
            bins=fields.optional("bins", decode.array(CLMMPoolBin.from_dict)),
        )


@define(kw_only=True)
class CLMMPoolListItem:
    address: str
    name: str
    trading_pair: str
    mint_x: str
    mint_y: str
    bin_step: int
    current_price: str
    liquidity: str
    base_fee_percentage: str | None = None
    apr: str | None = None
    apy: str | None = None
    volume_24h: str | None = None
    fees_24h: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CLMMPoolListItem:
        fields = decode.Fields(data)
        return cls(
            address=fields.required("address", decode.text),
            name=fields.required("name", decode.text),
            trading_pair=fields.required("trading_pair", decode.text),
            mint_x=fields.required("mint_x", decode.text),
            mint_y=fields.required("mint_y", decode.text),
            bin_step=fields.required("bin_step", decode.integer),
            current_price=fields.required("current_price", decode.text),
            liquidity=fields.required("liquidity", decode.text),
            base_fee_percentage=fields.optional("base_fee_percentage", decode.text),
            apr=fields.optional("apr", decode.text),
            apy=fields.optional("apy", decode.text),
            volume_24h=fields.optional("volume_24h", decode.text),
            fees_24h=fields.optional("fees_24h", decode.text),
        )


@define(kw_only=True)
class CLMMPoolListResponse:
    pools: list[CLMMPoolListItem]
    total: int
    page: int
    page_size: int

    @classmethod
    def from_dict(cls, data: Any) -> CLMMPoolListResponse:
        fields = decode.Fields(data)
        return cls(
            pools=fields.required("pools", decode.array(CLMMPoolListItem.from_dict)),
            total=fields.required("total", decode.integer),
            page=fields.required("page", decode.integer),
            page_size=fields.required("pageSize", decode.integer),
        )


@define(kw_only=True)
class CLMMPositionInfo:
    position_address: str
    pool_address: str
    trading_pair: str
    base_token: str
    quote_token: str
    base_token_amount: str
    quote_token_amount: str
    current_price: str
    lower_price: str
    upper_price: str
    in_range: bool
    base_fee_amount: str | None = None
    quote_fee_amount: str | None = None
    lower_bin_id: int | None = None
    upper_bin_id: int | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CLMMPositionInfo:
        fields = decode.Fields(data)
        return cls(
            position_address=fields.required("position_address", decode.text),
            pool_address=fields.required("pool_address", decode.text),
            trading_pair=fields.required("trading_pair", decode.text),
            base_token=fields.required("base_token", decode.text),
            quote_token=fields.required("quote_token", decode.text),
            base_token_amount=fields.required("base_token_amount", decode.text),
            quote_token_amount=fields.required("quote_token_amount", decode.text),
            current_price=fields.required("current_price", decode.text),
            lower_price=fields.required("lower_price", decode.text),
            upper_price=fields.required("upper_price", decode.text),
            in_range=fields.required("in_range", decode.boolean),
            base_fee_amount=fields.optional("base_fee_amount", decode.text),
            quote_fee_amount=fields.optional("quote_fee_amount", decode.text),
            lower_bin_id=fields.optional("lower_bin_id", decode.integer),
            upper_bin_id=fields.optional("upper_bin_id", decode.integer),
        )


@define(kw_only=True)
class CLMMPositionsOwnedRequest:
    connector: str
    #: e.g. solana-mainnet-beta
    network: str
    pool_address: str
    wallet_address: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector": self.connector,
                "network": self.network,
                "pool_address": self.pool_address,
                "wallet_address": self.wallet_address,
            }
        )


@define(kw_only=True)
class CLMMRemoveLiquidityRequest:
    connector: str
    #: e.g. solana-mainnet-beta
    network: str
    position_address: str
    #: 50 = half
    percentage: Decimal
    wallet_address: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "connector": self.connector,
                "network": self.network,
                "position_address": self.position_address,
                "percentage": encode.plain(self.percentage),
                "wallet_address": self.wallet_address,
            }
        )
