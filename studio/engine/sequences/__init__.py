"""The frames of a clip by any model that draws pictures (`studio.domain.sequence`)."""
