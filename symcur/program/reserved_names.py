"""Names that mean something in a language of ``source``: words of the language, and what its mathematical library defines."""

from __future__ import annotations

import keyword

LONGEST_NAME = 56
"""Letters; with a number behind it still one that Fortran takes."""

_REAL = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin fmod "
    "frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter "
    "nexttoward pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc"
)
_PYTHON = "math complex abs max min sum pow round float int bool range print"
_ARRAYS = "numpy jax"
_C = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
    "alignas alignof asm bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual "
    "linux unix i386 I complex imaginary errno main result j j0 j1 jn y0 y1 yn gamma signgam drem finite significand scalb "
    "isinf isnan isfinite isnormal isgreater isgreaterequal isless islessequal islessgreater isunordered fpclassify signbit "
    "double_t float_t NAN INFINITY NULL HUGE HUGE_VAL HUGE_VALF HUGE_VALL HUGE_VALUES MAXFLOAT OVERFLOW UNDERFLOW DOMAIN SING "
    "PLOSS TLOSS FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL FP_NORMAL FP_ILOGB0 FP_ILOGBNAN FP_FAST_FMA FP_FAST_FMAF "
    "FP_FAST_FMAL MATH_ERRNO MATH_ERREXCEPT math_errhandling X_TLOSS EDOM ERANGE SNAN SNANF SNANL "
    "M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2 M_SQRT1_2"
)
_FORTRAN = (
    "abs achar acos acosh aimag aint anint asin asinh atan atan2 atanh bessel_j0 bessel_j1 bessel_jn bessel_y0 bessel_y1 bessel_yn "
    "ceiling cmplx conjg cos cosh dble dim epsilon erf erfc erfc_scaled exp exponent floor fraction gamma huge hypot int kind "
    "log log_gamma log10 logical max maxval merge min minval mod modulo nint precision product radix range real scale "
    "sign sin sinh size sqrt sum tan tanh tiny dp result values ieee_arithmetic ieee_value ieee_quiet_nan "
    "call do else elseif end endif enddo function if implicit in integer intent module none only out parameter program pure return "
    "subroutine then use"
)
_JULIA = (
    "abstract baremodule begin break catch ccall const continue do else elseif end export false finally for function global if import "
    "in isa let local macro module mutable primitive quote return struct true try type using where while im pi e NaN Inf "
    "complex fill sign max min sum abs cot sec csc"
)
_MATHEMATICA = (
    "C D E I K N O Abs All And Arg Array Beta Block Boole Break Catch Ceiling Complex Conjugate ConstantArray Context "
    "Continue Cos Cosh Cot Count Cross Csc Cycles Degree Det Depth Div Do Dot Drop E Echo Element Equal Erf EulerGamma Exp Expand "
    "Factor False File First Fit Floor Flow Fold For Function Gamma Get Goto GoldenRatio Grad Graph Hash Head "
    "Hold Hue Identity If Im In Indeterminate Infinity Integer Integrate Inverse Join Key Keys Khinchin Label Last Length Less Level "
    "Limit Line Linear List Listable Log Map Mask Max Mean Median Min Minus Mod Module Most Names Needs None Norm Normal Not Null "
    "Number Off On Or Order Out Part Partition Pi Piecewise Plot Plus Point Position Power Prime Print Product Put Quiet Quit "
    "Quotient Range Rank Rational Re Real Reap Reduce Residue Rest Return Reverse Root Round Row Rule Run Save Scale Scan Sec Select "
    "Sequence Series Set Short Sign Sin Sinh Skip Solve Sort Sow Span Split Sqrt Stub Subscript Sum Surd Switch Symbol Table Take Tan "
    "Tanh Text Thread Through Throw Times Today Together Total Tr Trace Transpose Tree True TrueQ Unique Unit Unset Update Value "
    "Values Variance Vectors Verbatim Wedge Which While With Word Write Xor Zeta"
)

RESERVED: dict[str, frozenset[str]] = {
    "python": frozenset([*keyword.kwlist, *_PYTHON.split()]),
    "numpy": frozenset([*keyword.kwlist, *_PYTHON.split(), *_ARRAYS.split()]),
    "jax": frozenset([*keyword.kwlist, *_PYTHON.split(), *_ARRAYS.split()]),
    "c": frozenset([*_C.split(), *_REAL.split(), *(f"{name}{kind}" for name in _REAL.split() for kind in "fl")]),
    "fortran": frozenset(_FORTRAN.split()),
    "julia": frozenset([*_JULIA.split(), *_REAL.split()]),
    "mathematica": frozenset(_MATHEMATICA.split()),
}
"""By language, Fortran's in small letters."""
