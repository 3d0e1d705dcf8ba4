"""The s dipole of the k-linear Rashba model at zero mass, three ways."""

import numpy as np

import symcur as sc

k = [0.0, 0.5]
model = sc.models.rashba(M=0)
form = sc.derive(model, "s_dipole")

print("closed form   ", form.at(k, band=0, digits=15)[0])
print("eigenstates   ", sc.evaluate(model, "s_dipole", k)[0, 0])

# Perturbation theory by hand: states with spin along +-(k_y, -k_x)/k, so v_x and sigma_z/2 connect them and
# d^x = -k_y/(4 k^2), the same in both bands. At k = (0, 1/2) this is -1/2.
expected = -0.5
print("by hand       ", expected)
np.testing.assert_allclose(sc.evaluate(model, "s_dipole", k)[:, 0], expected, rtol=1e-12)
