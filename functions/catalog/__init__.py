"""Catalog owns what the shop offers: products, their variants, pictures, prices, tags and the category tree."""
