"""What web and workers say to each other through Redis. No models here: rows are the truth, these are doorbells.

`redis` opens clients, `keys` names every key and channel, `doorbell` says "look at your rows", `questions` asks a
worker and waits, `interest` is what is on somebody's screen, `quotes` is the newest price of it, `panes` its book and
its bars, `tasks` sends Celery tasks by name, `announce` tells open browsers of a numbered event through Channels'
`layer`.
"""
