
2
valuePlaceholder*
dtype0*
shape:
A
biasConst*
dtype0*%
valueB"”ÏG? và¿À^P=Ûœ•¾
#
opBiasAddvaluebias*
T0