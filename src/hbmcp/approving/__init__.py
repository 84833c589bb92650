"""Carrying out what waits for a person's yes, given out of band.

carrying_out  the call as it came, with the answer, once
bot           a Telegram bot, over its HTTP API
chat          asks in the one chat, hears who pressed which button, and says what became of it
"""
