"""Who may trade: filing, agreements, commodities, credit, places (主体备案)."""
