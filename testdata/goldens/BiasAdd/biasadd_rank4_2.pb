
>
valuePlaceholder*
dtype0*
shape:
A
biasConst*
dtype0*%
valueB"$ù¿ëp<?¨ù≥>4'6¿
#
opBiasAddvaluebias*
T0