"""The one place that knows Tantivy: what is indexed and how, how it is written, and how it is asked.

Tantivy is large, and imported only when something is searched or indexed.
"""
