
6
inputPlaceholder*
dtype0*
shape
:a
 
opFFTinput*
Tcomplex0