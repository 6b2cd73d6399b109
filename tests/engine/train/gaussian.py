"""Gaussian data, for which everything that a denoiser can learn is known in closed form."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Gaussian:
    """x0 ~ N(mean, covariance) in d dimensions, float64."""

    mean: torch.Tensor
    covariance: torch.Tensor

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        standard = torch.randn((count, len(self.mean)), generator=generator, dtype=torch.float64)
        root: torch.Tensor = torch.linalg.cholesky(self.covariance)
        return self.mean + standard @ root.mT

    def clean(self, x_t: torch.Tensor, alpha: float, sigma: float) -> torch.Tensor:
        """E[x0 | x_t] of x_t = alpha·x0 + sigma·ε, by the rule for conditional normals."""
        return self.mean + alpha * (x_t - alpha * self.mean) @ self._precision(alpha, sigma) @ self.covariance

    def uncertainty(self, alpha: float, sigma: float) -> torch.Tensor:
        """Cov[x0 | x_t], which does not depend on x_t."""
        return self.covariance - alpha**2 * self.covariance @ self._precision(alpha, sigma) @ self.covariance

    def score(self, x_t: torch.Tensor, alpha: float, sigma: float) -> torch.Tensor:
        """The gradient of the log of the normal density of x_t."""
        return -(x_t - alpha * self.mean) @ self._precision(alpha, sigma)

    def _precision(self, alpha: float, sigma: float) -> torch.Tensor:
        white = torch.eye(len(self.mean), dtype=torch.float64)
        inverse: torch.Tensor = torch.linalg.inv(alpha**2 * self.covariance + sigma**2 * white)
        return inverse


def line(mean: float, std: float) -> Gaussian:
    """One coordinate."""
    return Gaussian(torch.tensor([mean], dtype=torch.float64), torch.tensor([[std**2]], dtype=torch.float64))


def plane() -> Gaussian:
    """Two coordinates that depend on each other."""
    covariance = torch.tensor([[1.0, 0.6], [0.6, 0.8]], dtype=torch.float64)
    return Gaussian(torch.tensor([0.5, -0.3], dtype=torch.float64), covariance)
