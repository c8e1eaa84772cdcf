
6
valuePlaceholder*
dtype0*
shape
:
=
biasConst*
dtype0*!
valueB"XÙ>žx£¿‘¾À¿
#
opBiasAddvaluebias*
T0