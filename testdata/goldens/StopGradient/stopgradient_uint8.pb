
6
inputPlaceholder*
dtype0*
shape
:
"
opStopGradientinput*
T0