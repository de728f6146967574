"""A run: orders and a generator in, a decided series out, resumed where it ended.

`driver` drives the loop of each panel (`frame_loop`), which only decides; `asking` sends requests, `images`
and `store` keep what came, `ledger` counts the money, `retell` says what happened. `past`, `status` and
`rejudge` look at a run afterwards.
"""
