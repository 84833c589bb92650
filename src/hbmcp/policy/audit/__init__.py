"""What was done, and what was refused, written down so that nobody can change it unseen.

chain    how do the lines hang together? (pure)
record   what does a line say? (pure)
log      where are they kept, and how do they get there?
locking  who may write, of several processes?
spare    what if they can't be?
audit    how is one call audited?
deed     and what a person does at a terminal?
calls    which calls do the lines tell of? (pure)
unusual  what of it should a person look at? (pure)
verify   is all of it still there?
"""
