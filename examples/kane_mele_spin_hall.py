"""The conventional spin Hall response of Kane and Mele's model at half filling, in e/2pi."""

import numpy as np

import symcur as sc

model = sc.models.kane_mele(t=1, lambda_SO=0.3, lambda_R=0.25, lambda_v=1)
k = model.cell.momenta(60, offset=0.25)  # off the points k = -k + G, where the filled bands touch
# Components [l, i]: field and velocity along l = y, s current along i = x. Two of the four bands are filled.
curvature = sc.evaluate(model, "s_berry_curvature", k)[..., :2, 1, 0].sum(axis=-1)
value = curvature.mean() * 2 * np.pi / model.cell.volume

# PythTB 2 gives -1.027158 for -2 Im sum J^x v^y / omega^2, which is minus the component [y, x] of Omega^{lis}.
print(f"sigma^xy = {value:.6f} e/2pi   PythTB: 1.027158")
