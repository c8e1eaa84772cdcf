
:
valuePlaceholder*
dtype0*
shape:
A
biasConst*
dtype0*%
valueB"QŸÒ¾†±Õ?B0?î™¿
%
op	BiasAddV1valuebias*
T0