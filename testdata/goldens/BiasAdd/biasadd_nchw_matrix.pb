
6
valuePlaceholder*
dtype0*
shape
:
A
biasConst*
dtype0*%
valueB"‘ўe>УїСеАfН0ї
:
opBiasAddvaluebias*
T0*
data_formatNCHW