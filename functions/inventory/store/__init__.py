"""Where inventory keeps its things.

`<u>` is `<product_id>#<variant_id or _>`, `<when>` is `<created>#<order>`, `{s}` one of ten shards, and `~b` a bucket:
nothing for bucket 0, else ~1 to ~7.

| thing           | PK                | SK                             |
|-----------------|-------------------|--------------------------------|
| Warehouse       | WH#<id>           | META                           |
| WarehouseUse    | WH#<id>           | USE                            |
| StockItem       | PROD#<product_id> | ITEM#<variant_id or _>         |
| StockLevel      | PROD#<product_id> | LEVEL#<variant_id or _>#<wh>~b |
| Reservation     | RES#<order_id>    | META                           |
| ReservationLine | RES#<order_id>    | LINE#<u>#<wh>~b                |
| LedgerEntry     | TXN#<u>~b         | <created>#<id>                 |

| thing           | GSI1PK / GSI1SK                             | GSI2PK / GSI2SK                              |
|-----------------|---------------------------------------------|----------------------------------------------|
| Warehouse       | WAREHOUSES / <priority>#<code>              | -                                            |
| StockItem       | INVID#<id> / ITEM                           | LOW#{s} / <available>#<u> (while low)        |
| StockLevel      | WHSTOCK#<wh>#{s} / <u> (bucket 0)           | -                                            |
| Reservation     | RESEXP#{s} / <expires>#<order> (while open) | -                                            |
| ReservationLine | RESUNIT#<u>~b / <status>#<when>#<wh>~b      | RESST#<status>#{s} / <when>#<u>#<wh>~b       |
| LedgerEntry     | TXREF#<reference> / <created>#<id>          | TXTYPE#<type>#<yyyy-mm>#{s} / <created>#<id> |

Unique: SKU of a stock item in use, WH (warehouse code), LEDGER (id of an entry made by hand).

Every row that each sale of a unit writes to has a bucket in its key: the level, and the lists of entries and lines.
"""
