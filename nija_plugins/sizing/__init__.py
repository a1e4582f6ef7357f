"""How much: a wish (three legs, blended), then cuts, then the exchange's smallest lot."""
