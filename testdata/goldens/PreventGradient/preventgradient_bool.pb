
6
inputPlaceholder*
dtype0
*
shape
:
%
opPreventGradientinput*
T0
