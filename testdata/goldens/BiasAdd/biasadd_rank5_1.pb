
B
valuePlaceholder*
dtype0*
shape:
A
biasConst*
dtype0*%
valueB"^“İ¿è4^?®e?AÄc?
#
opBiasAddvaluebias*
T0