"""What a Hummingbot installation holds, and how it is read and changed, in a trader's terms.

Floors, from the ground up; no import runs up them:

    answer_fields (how answers are read)  fresh_checks (nothing is sent on old ones)  planned_request  place_filter
    installation (what it can be asked)
    plan (what a call would send)
    deletion  source_code
    balances  levels  connections  heard_bots  scripts/  gateway/  json_api
    fills/
    markets/  controllers/  status/  dex/
    positions/  bots/
    reduce_only (what can open nothing)
    orders/  portfolio/  position_history/  funding/
    closing/  performance/  executors/  keys/
    triggers/

Nothing here knows tools, bridge, server or paper exchange: it is given what it asks with.
"""
