"""The read model in the gateway's own PostgreSQL: what the feeds say, and the documents made from it.

One writer at a time (an advisory lock taken in each page's transaction): pages are small, documents of one customer
take parts from four feeds, and nothing has to be thought about twice. Readers never wait.
"""
