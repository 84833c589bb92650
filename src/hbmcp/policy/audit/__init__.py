"""What was done, and what was refused, written down so that nobody can change it unseen.

chain    how do the lines hang together? (pure)
record   what does a line say? (pure)
log      where are they kept, and how do they get there?
spare    what if they can't be?
audit    how is one call audited?
verify   is all of it still there?
"""
