
:
valuePlaceholder*
dtype0*
shape:
1
biasPlaceholder*
dtype0*
shape:
#
opBiasAddvaluebias*
T0