"""What was tried and is not shipped as a default: plugins that docs/results.md measures.

None of them is loaded by NIJA. A two-line file in user_data/plugins turns one on; docs/results.md
shows the lines.
"""
