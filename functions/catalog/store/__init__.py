"""Where the catalog keeps its things.

| thing        | PK                     | SK                 | GSI1PK / GSI1SK                                  |
|--------------|------------------------|--------------------|--------------------------------------------------|
| Product      | PROD#<product_id>      | META               | PST#<status>#{s} / <created_at>#<product_id>     |
| Feature      | PROD#<product_id>      | IDX#FEAT           | FEATURED / <created_at>#<product_id>             |
| Variant      | PROD#<product_id>      | VAR#<variant_id>   | -                                                |
| Image        | PROD#<product_id>      | IMG#<image_id>     | -                                                |
| CategoryLink | PROD#<product_id>      | CAT#<category_id>  | CATPROD#<category_id>#{s} / the same             |
| Tag          | PROD#<product_id>      | TAG#<tag>          | TAGPROD#<tag>#{s} / the same                     |
| UnitStock    | PROD#<product_id>      | STOCK#<variant_id> | -                                                |
| PriceChange  | PRICE#<product_id>     | <created_at>#<id>  | -                                                |
| ProductCache | CACHE#<product_id>     | CACHE              | -                                                |
| Category     | CATEGORY#<category_id> | META               | CATCHILD#<parent_id or ROOT> / <sort_order>#<name>#<id> |
| Trunk        | CATTREE                | META               | -                                                |
| Branch       | CATTREE                | NODE#<category_id> | -                                                |
| ProductView  | VIEW#<product_id>#<day>#{s} | <viewed_at>#<id> | USER#<user_id> / VIEW#<viewed_at>#<id>         |
| Viewer       | VIEWER#<product_id>#<viewer> | VIEWER       | -                                                |
| Stats        | STATS#<product_id>     | <0..9>             | STATSDUE#{s} / <due since>#<product_id>#<0..9>   |
| KeptAlert    | ALERT#<product_id>#{s} | <variant_id>#<user_id> | USER#<user_id> / ALERT#<created_at>#<id>     |
| Replenished  | ALERT#<product_id>     | REPLENISHED        | -                                                |
| Comparison   | USER#<user_id>         | CMP#<id>           | -                                                |
| Erased       | USER#<user_id>         | ERASED             | -                                                |

GSI2: Product SELLER#<seller_id>#<status> / <created_at>#<product_id>; CategoryLink CATLINK#<category_id>#{s} /
<version of the category that it copies>#<product_id>. Unique: SKU (of products and variants), PSLUG, CSLUG.

Kept for a while (ttl): ProductCache an hour, Viewer half an hour, ProductView 30 days, KeptAlert 90 days.

What the public does not find stands in a partition of its own beside each list (PST#hidden, FEATREST, CATREST,
TAGREST, CATHIDDEN), so that pages are full for everyone. The price history has its own partition, so that a product
stays one small Query however often its price changes. The tree's shape is one partition, so that its rules are judged
on all of it, read consistently.

Imports and exports have a chart of their own in transfers.py.
"""
