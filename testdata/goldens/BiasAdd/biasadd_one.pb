
6
valuePlaceholder*
dtype0*
shape
:
5
biasConst*
dtype0*
valueB"jñª>
#
opBiasAddvaluebias*
T0