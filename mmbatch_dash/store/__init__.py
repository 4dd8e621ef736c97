"""Everything on disk: the journal, the fold, the tables and the queries. The only place with SQL."""
