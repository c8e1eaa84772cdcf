
6
inputPlaceholder*
dtype0*
shape
:	
7

fft_lengthPlaceholder*
dtype0*
shape:
*
opRFFTinput
fft_length*
Treal0