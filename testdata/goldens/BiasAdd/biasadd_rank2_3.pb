
6
valuePlaceholder*
dtype0*
shape
:
A
biasConst*
dtype0*%
valueB"¼@¿ÝDû>ÇÍj¿Ew ?
#
opBiasAddvaluebias*
T0