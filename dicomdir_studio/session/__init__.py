"""The use cases that both faces share: jobs, sources, opening, settings, export and the demo."""
