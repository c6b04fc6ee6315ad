"""Two sample days of the Longshui hardware market: generator, workbooks, and the run through public HTTP."""
