r"""An answer of the API as text for a model to read.

The format, which a reader can be written from:

    answer   = string | [object "\n"] table {"\n" table} | json
    table    = title "\n" header {"\n" row}
    title    = "# " [name ": "] count [", in every row: " constant {" " constant}]
    count    = (N | N " of " M) " row" ["s"]       N rows follow, out of M
    constant = column "=" cell                     the same value in every row, so not among the columns; never an
                                                   object or list that holds numbers
    header   = column {" " column}
    row      = cell {" " cell}                     at most as many cells as the header has columns
    column   = name [mark]
    mark     = "(UTC)" | "(UTC,s)" | "(UTC,ms)"
    name     = key {"." key}                       the keys of nested objects, from the outside in
    key      = word | json string                  a word has letters, digits, _ - / @ + $ only
    cell     = "-" | json string, object or list | bare

- A list of objects is a table, one row an object, wherever it stands in the answer; its name is the way to it. What is
  left of the object around it comes before, as compact JSON on one line. Everything else is compact JSON, on one line.
- A cell "-" is null or absent. So are the cells that a row lacks at its end, and columns that would have nothing else
  aren't there: null and absent look alike in a table. Columns that many rows lack come last, unless the curation says
  which columns to show.
- An object inside the rows becomes columns with a dotted name where all rows have the same keys in it.
- A cell that begins with a quote, a brace or a bracket is JSON to its end, and may hold spaces. A bare cell goes up to
  the next space: a number, true, false, or a string. Strings stand bare unless they are empty, hold a space, begin with
  one of the characters `" { [ #`, or are "-", "null", "true" or "false".
- A number has the digits that the API sent, in a cell as in JSON, but no ".0" after its last digit, and no exponent
  where 18 places on either side of the point do. A string keeps all its characters: 5.0 there is 5.0, and looks like a
  number.
- Times are UTC. An ISO time with the offset +00:00 ends in Z. A column of such times is marked (UTC) and has no Z. An
  epoch number (see hbmcp.times) is shown as a time: in JSON its key is marked (s) or (ms), in a table its column is
  marked (UTC,s) or (UTC,ms). In marked columns a time without a date is on the date of the time before it, reading row
  by row, and of the one right above it in its column; +1.5s is so many seconds after the time before it in its row;
  and a cell with neither colon nor s is a plain number. An epoch's fraction, and one that is found by adding, may lack
  zeros at its end.
- An error that repeats what an exchange answered is shown as the exchange's status, words and code, without the
  address: a string under error, error_message, last_error, message or detail.
- An answer that is a string stands as it is. In all strings control characters, characters without width and those
  that turn the direction of text are shown as \u200b is; in JSON a newline is \n. Escape sequences of terminals are
  left out of strings with a space or newline, and joiners after a picture.
- Under the answer come remarks in plain English, after an empty line: how many rows are missing and what narrows them,
  whether there may be another page, the curated note. Text from outside stands between two lines that say so.
"""

from hbmcp.errors.failed_answers import failure
from hbmcp.results.rendering import render
from hbmcp.results.result_spec import ResultSpec

__all__ = ["ResultSpec", "failure", "render"]
