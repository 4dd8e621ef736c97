"""The steps of the fold as SQL scripts.

Each opens with comments that say what it is for, then what it declares:

    -- reads: tables and views whose rows it looks at
    -- makes: temporary tables it makes anew
    -- changes: tables it inserts into, updates or deletes from
    -- tells: names of the truths in the one row that it ends with
    -- when: the condition under which it has anything to do; left out means always

A condition is made of truths that an earlier step tells, `rows(table)` for whether a table has any, `and`, `or`, `not`.
The number in the name is the place in the order. `mmbatch_dash.store.fold.declared` reads this, and the tests hold it
against the SQL.
"""
