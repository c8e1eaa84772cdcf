
6
inputPlaceholder*
dtype0*
shape
:
 
opFFTinput*
Tcomplex0