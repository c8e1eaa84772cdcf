
6
inputPlaceholder*
dtype0*
shape
:
;

fft_lengthConst*
dtype0*
valueB"ÿÿÿ
*
opRFFTinput
fft_length*
Treal0