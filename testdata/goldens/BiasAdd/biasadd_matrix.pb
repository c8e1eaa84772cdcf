
6
valuePlaceholder*
dtype0*
shape
:
E
biasConst*
dtype0*)
value B"øšÅ?p2%@‚=w©¿
#
opBiasAddvaluebias*
T0