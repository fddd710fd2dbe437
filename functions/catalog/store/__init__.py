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

GSI2: Product SELLER#<seller_id> / <created_at>#<product_id>; CategoryLink CATLINK#<category_id>#{s} /
<version of the category that it copies>#<product_id>. Unique: SKU (of products and variants), PSLUG, CSLUG.

What the public does not find stands in a partition of its own beside each list (PST#hidden, FEATREST, CATREST,
TAGREST, CATHIDDEN), so that pages are full for everyone. The price history has its own partition, so that a product
stays one small Query however often its price changes. The tree's shape is one partition, so that its rules are judged
on all of it, read consistently.
"""
